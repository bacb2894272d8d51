/**
 * TAP devices by the C library: what is written to one comes to its namespace as from a cable, and the other way round.
 *
 * @module
 */

/** Of Linux's headers; the same on x86-64 and arm64. */
const O_RDWR = 0o2;
const O_NONBLOCK = 0o4000;
const TUNSETIFF = 0x400454can;
const IFF_TAP = 0x0002;
const IFF_NO_PI = 0x1000;
const CLONE_NEWNET = 0x40000000;
const POLLIN = 0x1;
const POLL_ENDED = 0x8 | 0x10 | 0x20;
const IFNAMSIZ = 16;
const MOST_BYTES = 65_536;

const library = () =>
  Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    setns: { parameters: ["i32", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
    read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
    ppoll: { parameters: ["buffer", "usize", "buffer", "pointer"], result: "i32" },
  }).symbols;
let loaded: ReturnType<typeof library> | undefined;

/** Loaded when first used, so that this module can be imported anywhere. */
const c = () => loaded ??= library();

/** An open file of this process, by its number. */
export type Descriptor = number;

/** Where an end of a wire is. */
export interface TapAddress {
  /** Name of a network namespace. */
  readonly namespace: string;
  /** Name of the device there, at most 15 characters. */
  readonly device: string;
}

/** Makes a TAP device in a namespace; it is there until {@linkcode closeTap} or the end of this process. @throws {Error} */
export function openTap({ namespace, device }: TapAddress): Descriptor {
  const home = openFile("/proc/self/ns/net");
  const there = openFile(`/run/netns/${namespace}`);
  try {
    enter(there);
    return makeTap(device);
  } finally {
    enter(home);
    c().close(there);
    c().close(home);
  }
}

export function closeTap(tap: Descriptor): void {
  c().close(tap);
}

function makeTap(device: string): Descriptor {
  const tap = openFile("/dev/net/tun", O_RDWR | O_NONBLOCK);
  const request = new Uint8Array(40);
  request.set(text(device).subarray(0, IFNAMSIZ));
  new DataView(request.buffer).setUint16(IFNAMSIZ, IFF_TAP | IFF_NO_PI, true);
  if (c().ioctl(tap, TUNSETIFF, request) === 0) return tap;
  c().close(tap);
  throw new Error(`Cannot make the TAP device ${device}: expected a new name, and the right to`);
}

function openFile(path: string, flags = 0): Descriptor {
  const file = c().open(text(path), flags);
  if (file >= 0) return file;
  throw new Error(`Cannot open ${path}: expected it to be there, and the right to`);
}

function enter(namespace: Descriptor): void {
  if (c().setns(namespace, CLONE_NEWNET) === 0) return;
  throw new Error("Cannot enter a network namespace: expected to be root");
}

function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${value}\0`);
}

const buffer = new Uint8Array(MOST_BYTES);

/** One frame that waits in the device, or one piece of another file; undefined: there is nothing, or no device any more. */
export function readFrom(file: Descriptor): Uint8Array | undefined {
  const size = Number(c().read(file, buffer, BigInt(MOST_BYTES)));
  return size > 0 ? buffer.slice(0, size) : undefined;
}

/** What the device does not take is lost, as on any network. */
export function writeTo(tap: Descriptor, frame: Uint8Array): void {
  c().write(tap, frame as Uint8Array<ArrayBuffer>, BigInt(frame.length));
}

/** What {@linkcode wait} has found: who has something to read, and who has ended. */
export interface Readiness {
  readonly readable: Descriptor[];
  readonly ended: Descriptor[];
}

/** Waits, in this thread, until one of the files has something to read or the time (ms, Infinity: no limit) is up. */
export function wait(files: readonly Descriptor[], timeoutMs: number): Readiness {
  const polled = new DataView(new ArrayBuffer(8 * files.length));
  files.forEach((file, i) => {
    polled.setInt32(8 * i, file, true);
    polled.setInt16(8 * i + 4, POLLIN, true);
  });
  const found = c().ppoll(
    new Uint8Array(polled.buffer),
    BigInt(files.length),
    timespec(timeoutMs),
    null,
  );
  if (found <= 0) return { readable: [], ended: [] };
  const events = (i: number) => polled.getInt16(8 * i + 6, true);
  return {
    readable: files.filter((_, i) => (events(i) & POLLIN) !== 0),
    ended: files.filter((_, i) => (events(i) & POLLIN) === 0 && (events(i) & POLL_ENDED) !== 0),
  };
}

/** `struct timespec`; none for no limit. */
function timespec(ms: number): Uint8Array<ArrayBuffer> | null {
  if (ms === Infinity) return null;
  const ns = BigInt(Math.round(Math.max(0, ms) * 1e6));
  return new Uint8Array(new BigInt64Array([ns / 1_000_000_000n, ns % 1_000_000_000n]).buffer);
}
