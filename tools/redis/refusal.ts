/**
 * What the REST protocol does not offer: all commands of all clients share one connection, so none may
 * block it or change what it is.
 *
 * @module
 */
import type { RedisCommand } from "./command.ts";

const BLOCKING = new Set([
  ..."BLPOP BRPOP BRPOPLPUSH BLMOVE BLMPOP BZPOPMIN BZPOPMAX BZMPOP WAIT WAITAOF".split(" "),
]);

const STREAMS = new Set(["XREAD", "XREADGROUP"]);

const CONNECTION = new Set([
  ..."SUBSCRIBE UNSUBSCRIBE PSUBSCRIBE PUNSUBSCRIBE SSUBSCRIBE SUNSUBSCRIBE".split(" "),
  ..."MONITOR WATCH UNWATCH MULTI EXEC DISCARD SELECT AUTH HELLO RESET QUIT".split(" "),
  ..."READONLY READWRITE ASKING SYNC PSYNC REPLCONF".split(" "),
]);

/** What changes the server, or what it is to others: for its own operator, not for whoever has the token. */
const SERVER = new Set([
  ..."CONFIG SAVE BGSAVE BGREWRITEAOF REPLICAOF SLAVEOF MODULE MIGRATE ACL FAILOVER CLUSTER".split(
    " ",
  ),
  ..."SHUTDOWN DEBUG SWAPDB LATENCY SLOWLOG PFDEBUG RESTORE".split(" "),
]);

const CLIENT = new Set(["ID", "INFO", "LIST", "GETNAME", "SETINFO"]);

/** Why a command cannot be run over REST; nothing when it can. */
export function refusalOf({ name, args }: RedisCommand): string | undefined {
  const refused = BLOCKING.has(name) || CONNECTION.has(name) || SERVER.has(name) ||
    (STREAMS.has(name) && args.some(is("BLOCK"))) ||
    (name === "CLIENT" && !CLIENT.has(String(args[0]).toUpperCase()));
  if (!refused) return undefined;
  return `ERR cannot run ${name} over REST: ${reasonOf(name)}`;
}

function reasonOf(name: string): string {
  if (name.endsWith("SUBSCRIBE")) {
    return "expected POST /subscribe/<channel> or /psubscribe/<pattern>";
  }
  if (["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"].includes(name)) {
    return "expected POST /multi-exec";
  }
  if (BLOCKING.has(name) || STREAMS.has(name)) {
    return "it would block the connection that all share";
  }
  if (SERVER.has(name)) return "it is for the server's own operator";
  return "it would change the connection that all share";
}

function is(word: string): (arg: string | Uint8Array) => boolean {
  return (arg) => typeof arg === "string" && arg.toUpperCase() === word;
}
