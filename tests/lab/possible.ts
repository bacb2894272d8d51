import { IPROUTE2, NFT } from "../../tools/test/requirements.ts";
import { programOf } from "./namespace.ts";

const TUN = "/dev/net/tun";

/** @throws {Error} with one line that says what is missing for a lab on this machine, and what to do. */
export async function requireLab(): Promise<void> {
  if (Deno.build.os !== "linux") {
    throw new Error(
      `Cannot set up the lab: this is ${Deno.build.os}; expected Linux, for its network namespaces`,
    );
  }
  if (Deno.uid() !== 0) {
    throw new Error(
      `Cannot set up the lab: this is user ${Deno.uid()}; expected root, for network namespaces (try with sudo)`,
    );
  }
  try {
    (await Deno.open(TUN, { read: true, write: true })).close();
  } catch {
    throw new Error(
      `Cannot set up the lab: ${TUN} cannot be opened; expected the kernel's TUN module (modprobe tun; ` +
        `in a container: --device ${TUN} --cap-add NET_ADMIN --cap-add SYS_ADMIN)`,
    );
  }
  for (const requirement of [IPROUTE2, NFT]) await programOf(requirement);
}
