import { assertRejects } from "@std/assert";
import { requireLab } from "../../lab/possible.ts";

const MACHINE = { os: "linux", uid: 0, tun: "/dev/net/tun" };

Deno.test("a lab is refused on a machine that cannot have one, with what to do", async () => {
  for (
    const [machine, message] of [
      [{ os: "darwin" }, "this is darwin; expected Linux"],
      [{ uid: 1000 }, "this is user 1000; expected root"],
      [{ tun: "/no/such/device" }, "/no/such/device cannot be opened; expected the kernel's TUN"],
    ] as const
  ) {
    await assertRejects(() => requireLab({ ...MACHINE, ...machine }), Error, message);
  }
});
