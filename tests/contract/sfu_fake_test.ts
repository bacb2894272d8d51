import { fakeClients, FakeSfuServer } from "../helpers/fake_sfu.ts";
import { sfuContract } from "./sfu.ts";

for (const reach of ["shared", "hosted"] as const) {
  sfuContract(`fake, ${reach}`, reach, () => {
    const server = new FakeSfuServer();
    return {
      connect: () => server.connect({ reach }),
      makeClient: fakeClients(server),
      left: () => ({ sessions: server.sessions, rooms: server.rooms }),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  });
}
