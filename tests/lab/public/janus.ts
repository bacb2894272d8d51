import { type JanusServer, startJanus } from "../../helpers/janus_server.ts";
import { PORTS, PUBLIC } from "../addresses.ts";
import type { Door } from "./door.ts";
import type { PublicNetwork } from "./network.ts";

/** Starts a Janus in the public part. */
export function startLabJanus(
  { namespace, device }: PublicNetwork,
  door: Door,
): Promise<JanusServer> {
  return startJanus({
    interface: device,
    ports: "20000-20999",
    place: {
      within: namespace.within(),
      address: PUBLIC.v4,
      port: PORTS.janus,
      adminPort: PORTS.janusAdmin,
      reach: (url) => door.to(url),
    },
  });
}
