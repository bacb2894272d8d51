import { Engine } from "../../../lib/sfu/embedded/engine.ts";
import { LocalSfu } from "../../../lib/sfu/embedded/local.ts";
import { embeddedSfu } from "../../../lib/sfu/embedded/mod.ts";
import { sfuContract } from "../../contract/sfu.ts";
import { rtcClient } from "../../helpers/rtc_client.ts";

const info = { id: "embedded", region: "local", capacity: 50 };

sfuContract("embedded", "hosted", () => ({
  connect: () => embeddedSfu({ info }),
  makeClient: rtcClient,
  // The worker says how many sessions it has; without one there is no room.
  left: (sfu) => ({ sessions: sfu.load, rooms: Math.min(sfu.load, 1) }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}));

sfuContract("embedded, without its worker", "hosted", () => ({
  connect: () => new LocalSfu(info, new Engine()),
  makeClient: rtcClient,
  left: (sfu) => ({ sessions: sfu.load, rooms: (sfu as LocalSfu).rooms }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}));
