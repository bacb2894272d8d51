/**
 * The scripts of the Redis store: one atomic script per change. They name keys that they find in the data, so all keys
 * have to live in one shard, as they do at Upstash and in a single Redis.
 *
 * Keys, all beginning with `meshlift:`
 * - `room:<tenant>/<id>` hash: `stamp`, `version`, `room` (JSON), `ended` (see `RoomState.predecessor`),
 *   and `p:<id>` (JSON) per participant
 * - `rooms:<tenant>` sorted set of ids, all of score 0: a list by id
 * - `ended:<tenant>/<id>` when a room that has ended was made, for an hour
 * - `due` sorted set of rooms, by when somebody has to look at them
 * - `nodes` hash: node -> `<last beat>:<count>`; `dead` hash: node -> last beat; `awake`: since when this store knows nodes
 * - `sfus` hash: node -> its SFUs (JSON), as long as it lives; `draining` set of the ids of SFUs that are being emptied
 * - `at:<node>` set of rooms in which the node has people; `changed:<node>` sorted set of those that changed, by when
 *
 * @module
 */
import { POLICY } from "../policy.ts";

const L = POLICY.lease;

const PRELUDE = `
local P = 'meshlift:'
local function clock(given)
  if given then return given end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end
`;

/** Takes a node's people for gone: somebody has to look at their rooms, from \`due\` on. */
const BURY = `
local function bury(node, last, due)
  redis.call('HDEL', P .. 'nodes', node)
  redis.call('HDEL', P .. 'sfus', node)
  redis.call('HSET', P .. 'dead', node, last)
  for _, name in ipairs(redis.call('SMEMBERS', P .. 'at:' .. node)) do
    local known = redis.call('ZSCORE', P .. 'due', name)
    if not known or tonumber(known) > due then redis.call('ZADD', P .. 'due', due, name) end
  end
  redis.call('DEL', P .. 'at:' .. node, P .. 'changed:' .. node)
end
`;

/**
 * Writes a room if it has the stamp that is expected ('' : is not there). Otherwise answers with what is there, so
 * that a stamp which no room has reads it.
 */
export const COMMIT = `${PRELUDE}
local c = cjson.decode(ARGV[1])
local now = clock(c.clock)
local room = P .. 'room:' .. c.name
local stamp = redis.call('HGET', room, 'stamp') or ''
redis.call('SET', P .. 'awake', now, 'NX')
local awake = tonumber(redis.call('GET', P .. 'awake'))
local ended = tonumber(redis.call('GET', P .. 'ended:' .. c.name) or '-1')
if stamp ~= c.expected then
  if stamp ~= '' then return {'room', redis.call('HGETALL', room), awake} end
  return {'absent', ended, now - awake, awake}
end
if stamp == '' then
  if c.limit and redis.call('ZCARD', P .. 'rooms:' .. c.tenant) >= c.limit then return {'limit', awake} end
  if c.set and ended >= c.createdAt then return {'absent', ended, 0, awake} end
end
if stamp == '' and c.set and ended >= 0 then redis.call('HSET', room, 'ended', ended) end
if c.set then
  if #c.set > 0 then redis.call('HSET', room, unpack(c.set)) end
  if #c.del > 0 then redis.call('HDEL', room, unpack(c.del)) end
  redis.call('ZADD', P .. 'rooms:' .. c.tenant, 0, c.id)
else
  redis.call('DEL', room)
  redis.call('ZREM', P .. 'rooms:' .. c.tenant, c.id)
  redis.call('SET', P .. 'ended:' .. c.name, c.createdAt, 'PX', ${L.forgetEndedMs})
end
local due = c.due
for _, node in ipairs(c.active) do
  redis.call('SADD', P .. 'at:' .. node, c.name)
  if redis.call('HEXISTS', P .. 'dead', node) == 1 then
    due = now - ${L.dueMarginMs}
  else
    redis.call('HSETNX', P .. 'nodes', node, (now - ${L.beatMs}) .. ':0')
  end
end
for _, node in ipairs(c.gone) do redis.call('SREM', P .. 'at:' .. node, c.name) end
for _, node in ipairs(c.told) do
  redis.call('ZADD', P .. 'changed:' .. node, now, c.name)
  redis.call('PEXPIRE', P .. 'changed:' .. node, ${L.forgetDeadMs})
end
if due then redis.call('ZADD', P .. 'due', due, c.name) else redis.call('ZREM', P .. 'due', c.name) end
return {'done', awake}
`;

/** A node's sign of life. */
export const BEAT = `${PRELUDE}${BURY}
local c = cjson.decode(ARGV[1])
local now = clock(c.clock)
local previous = 0
local newest = -1
local lapsed = {}
local nodes = redis.call('HGETALL', P .. 'nodes')
for i = 1, #nodes, 2 do
  local at, count = string.match(nodes[i + 1], '^(%d+):(%d+)$')
  at = tonumber(at)
  if nodes[i] == c.node then previous = tonumber(count) end
  if at > newest then newest = at end
  if now - at > ${L.lapsesAfterMs} then lapsed[#lapsed + 1] = {nodes[i], at} end
end
local judge = tonumber(redis.call('GET', P .. 'judge') or '0')
if newest >= 0 and now - newest > ${L.silentStoreMs} then
  judge = now + ${L.silentStoreMs}
  redis.call('SET', P .. 'judge', judge, 'PX', ${L.forgetDeadMs})
end
if now >= judge then
  for _, node in ipairs(lapsed) do bury(node[1], node[2], now - ${L.dueMarginMs}) end
end
redis.call('HSET', P .. 'nodes', c.node, now .. ':' .. c.count)
redis.call('HDEL', P .. 'dead', c.node)
if c.sfus then redis.call('HSET', P .. 'sfus', c.node, c.sfus) end
redis.call('SET', P .. 'awake', now, 'NX')

redis.call('ZREMRANGEBYSCORE', P .. 'changed:' .. c.node, '-inf', c.seen)
local changed = {}
local names = redis.call('ZRANGEBYSCORE', P .. 'changed:' .. c.node, '-inf', now - ${L.changedMarginMs})
for _, name in ipairs(names) do
  changed[#changed + 1] = {
    name,
    redis.call('HGET', P .. 'room:' .. name, 'stamp') or '',
    redis.call('SISMEMBER', P .. 'at:' .. c.node, name),
  }
end

local due = redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', now - ${L.dueMarginMs}, 'LIMIT', 0, ${L.dueLimit})
for _, name in ipairs(due) do redis.call('ZADD', P .. 'due', now + ${L.claimMs}, name) end

local dead = redis.call('HGETALL', P .. 'dead')
for i = 1, #dead, 2 do
  if now - tonumber(dead[i + 1]) > ${L.forgetDeadMs} then redis.call('HDEL', P .. 'dead', dead[i]) end
end
local sfus = redis.call('HGETALL', P .. 'sfus')
local draining = redis.call('SMEMBERS', P .. 'draining')
local since = tonumber(redis.call('GET', P .. 'awake'))
return {previous, changed, due, dead, now - ${L.changedMarginMs}, sfus, draining, now, since}
`;

/** Has an SFU emptied, or used again. */
export const DRAIN_SFU = `${PRELUDE}
local c = cjson.decode(ARGV[1])
return redis.call(c.draining and 'SADD' or 'SREM', P .. 'draining', c.id)
`;

/** A node's farewell: its people have the grace of who is away. */
export const RETIRE = `${PRELUDE}${BURY}
local c = cjson.decode(ARGV[1])
local now = clock(c.clock)
bury(c.node, now, now + ${POLICY.awayGraceMs})
return 1
`;

/** A page of a tenant's rooms: id, \`room\` and how many participants, of each. */
export const LIST = `${PRELUDE}
local c = cjson.decode(ARGV[1])
local from = c.cursor and ('(' .. c.cursor) or '-'
local ids = redis.call('ZRANGEBYLEX', P .. 'rooms:' .. c.tenant, from, '+', 'LIMIT', 0, c.limit)
local rooms = {}
for _, id in ipairs(ids) do
  local room = P .. 'room:' .. c.tenant .. '/' .. id
  local others = 3 + redis.call('HEXISTS', room, 'ended')
  rooms[#rooms + 1] = {id, redis.call('HGET', room, 'room') or '', redis.call('HLEN', room) - others}
end
return rooms
`;
