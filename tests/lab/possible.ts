import { IPROUTE2, NFT } from "../../tools/test/requirements.ts";
import { programOf } from "./namespace.ts";

/** What a lab needs to know of a machine. */
export interface Machine {
  readonly os: string;
  /** User id of this process. */
  readonly uid: number | null;
  /** Path of the device that makes TAP devices. */
  readonly tun: string;
}

const THIS: Machine = { os: Deno.build.os, uid: Deno.uid(), tun: "/dev/net/tun" };

/** @throws {Error} with one line that says what is missing for a lab on this machine, and what to do. */
export async function requireLab({ os, uid, tun }: Machine = THIS): Promise<void> {
  if (os !== "linux") {
    throw new Error(
      `Cannot set up the lab: this is ${os}; expected Linux, for its network namespaces`,
    );
  }
  if (uid !== 0) {
    throw new Error(
      `Cannot set up the lab: this is user ${uid}; expected root, for network namespaces (try with sudo)`,
    );
  }
  try {
    (await Deno.open(tun, { read: true, write: true })).close();
  } catch {
    throw new Error(
      `Cannot set up the lab: ${tun} cannot be opened; expected the kernel's TUN module (modprobe tun; ` +
        `in a container: --device ${tun} --cap-add NET_ADMIN --cap-add SYS_ADMIN)`,
    );
  }
  for (const requirement of [IPROUTE2, NFT]) await programOf(requirement);
}
