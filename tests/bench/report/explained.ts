/** What a target is about, for who has never seen the project. In the order of the report. */
export interface Explanation {
  readonly title: string;
  /** What it says, and why that matters. */
  readonly what: string;
  readonly how: string;
  /** What is less of it where only a minute is taken. */
  readonly quick?: string;
}

export const EXPLAINED: Readonly<Record<string, Explanation>> = {
  T1: {
    title: "Relay cost",
    what:
      "To set up a call, two browsers send each other session descriptions of about 2 KB through the service. " +
      "This is how many of them it relays with a second of CPU, against the least that a relay on the same runtime can be: " +
      "a dozen lines of `Deno.serve` that parse the frame, look the receiver up and send (tests/bench/servers/bare_relay.ts). " +
      "Like the service, it has the runtime's own pings switched off, which is cheaper; one that has them is beside it. " +
      "1 means that rooms, permissions, rate limits and counters cost nothing.",
    how:
      "60 rooms of two; a load program in a process of its own sends at a steady rate below saturation to each server in turn, " +
      "in one order and then in the other. CPU is what the kernel counts for the server's process (utime + stime). " +
      "Every message is counted and its content compared. The ratio is taken of each round, then the median.",
    quick: "two rounds of 1.2 s, session descriptions alone",
  },
  T2: {
    title: "Against other signaling servers",
    what:
      "The same load on the servers that people pick by habit. The figure is how many times more messages the service relays " +
      "with a second of CPU than the best of them. How many times more the bare relay of T1 does (the one that forwards, without the runtime's pings) is beside it: that much is the runtime's.",
    how:
      "Each is a pinned version from npm (tests/bench/peers), on Node with `NODE_ENV=production`, with the native add-ons that " +
      "the `ws` library recommends, without compression (off by default in all of them, and in ours), over plain TCP on one machine. Each is spoken to " +
      "in its own protocol by the same load program. y-webrtc's server sends what is published to everyone of a topic, the " +
      "sender too; it is also measured with a topic for each receiver, which its own client never does: the least " +
      "work that it can have, to compare. Of the others the best one counts, whichever that is.",
    quick: "one round of 1 s",
  },
  T3: {
    title: "Memory",
    what:
      "Resident memory that each joined, idle participant adds to a node, against what a bare socket of Deno takes that the runtime does not ping either; one that it pings is beside it.",
    how:
      "5,000 participants in rooms of ten, which stay a mesh; RSS before the rooms are made and with all joined, each when it has stood still for 25 s: V8 collects what joining left over some 12 s after the last.",
  },
  T4: {
    title: "Join",
    what: "From the moment in which a WebSocket is open until the service says `welcome`.",
    how:
      "2,000 joins at 200 a second into rooms of four, five rounds; the median of the rounds' 99th percentiles. Once with the node's own memory as store, once with a Redis behind its REST gateway on the same machine.",
    quick: "one round of 600 joins, the node's own memory alone",
  },
  T5: {
    title: "Growth",
    what:
      "What a signal and a join cost must not depend on how many rooms there are. The figure is the slope of log cost over log rooms: " +
      "0 is flat, 1 would be in proportion; 0.05 is 26 % more at a hundred times as many.",
    how:
      "One node for each size, all alive side by side; signals at the same total rate, spread over all rooms of each, in turn. What a node takes when idle " +
      "(it pings its sockets, of which it has more) counts; the slope less that, measured before, is beside it. Joins: 200 a second, each of whom leaves at once, " +
      "in 50 rooms of their own.",
  },
  T6: {
    title: "Store cost",
    what:
      "Commands (cmd) that the shared Redis is sent: hosted ones are paid by the command. A participant's life goes from its join to its leave.",
    how:
      "Counted between the nodes and their Redis while people come, talk and go. Rate limits are counted by address, so it makes a difference whether each has one of its own.",
  },
  T7: {
    title: "First frame",
    what: "From `joinCall` to the other's first decoded picture.",
    how:
      "Two Chromium browsers with made-up cameras, 20 rounds; on one machine, and between two hosts of a small internet in network namespaces, behind NAT, with delay, loss and little bandwidth.",
  },
  T8: {
    title: "Promotion to an SFU, and back",
    what:
      "A call of four is moved from the mesh to an SFU and back while everyone talks. What is measured is what people miss: the longest silence heard and the longest time between two frames shown, beyond what the same call misses in calm.",
    how:
      "Four Chromium browsers, each with a steady tone as its voice and a loudspeaker of its own that is recorded; frames by requestVideoFrameCallback. Of each of the twelve pairs, what it misses in calm just before is subtracted; the worst one counts. Switches before which it was not calm do not. The rig first proves that it finds a silence of 50 ms and a picture that is frozen.",
  },
  T9: {
    title: "SFU killed",
    what: "An SFU is killed in the middle of a call of four: until everyone sees everyone again.",
    how:
      "As T8; SIGKILL, and, held to the same, a process that stands still (SIGSTOP) and a network that swallows its media.",
  },
  T10: {
    title: "Node killed",
    what:
      "A node of the service is killed while half of a call is on it: until all are back on the other, what media misses, and which messages get lost or come twice.",
    how:
      "Browsers behind a balancer in front of two nodes on one Redis; SIGKILL. Media in the 4 s from each kill on is compared with that in the 4 s before it, in whole frames and packets: of the picture that stood longest, and of the voice of which most was made up for want of packets.",
  },
  T11: {
    title: "Handover",
    what:
      "Someone's network is replaced by another in the middle of a call: until media goes both ways again.",
    how: "Hosts with two access links in network namespaces; the old link is gone without a word.",
  },
  T12: {
    title: "Ghosts",
    what: "A browser is killed: until everyone has dropped it.",
    how: "SIGKILL of the browser, two nodes.",
  },
  T13: {
    title: "Storm",
    what:
      "5,000 clients lose their connections at once, as when a node or a network dies: how many attempts each needs until it is back, and what those notice who were not cut off.",
    how:
      "The SDK's own signaling in a process of its own, two nodes on one Redis; meanwhile pairs of others go on talking, on one node, on the other and between both; of these the slowest counts. Medians of the storms, where there are several.",
  },
  T14: {
    title: "Size of the SDK",
    what: "What a page loads for a call.",
    how: "The files as they are served, gzip 9.",
  },
  GROWTH: {
    title: "Growth, to compare",
    what:
      "What a signal and a join cost as rooms have more people, and as nodes become more. There is no target: a join has to be told to everyone in the room, " +
      "and a signal to another node goes through Redis.",
    how:
      "600 people in rooms of 2 to 50; 120 people in rooms of two whose two are on different nodes, CPU of all nodes and of the REST gateway together.",
  },
  SATURATION: {
    title: "Too many joins",
    what:
      "Joins that do not wait for answers, up to what a node can take and beyond. A node that is asked too much should refuse some at once, and say when to come " +
      "back, rather than have everyone wait.",
    how:
      "Rates from 100 to 4,800 a second for 5 s each, on one node; times from the wish to connect until `welcome`. The figures leave out rates at which the load program itself was the limit; the table, which says how busy it was, and the plots have them. 4408: a socket that the load program opened and was too slow to join by.",
  },
  CLIENT: {
    title: "Cost in the browser",
    what: "What the SDK weighs by module, and how long it keeps a page's main thread busy.",
    how:
      "esbuild's account of the minified bundle; Chromium's Performance.getMetrics (TaskDuration, ScriptDuration) of each of four pages in browsers of their own.",
  },
  UPLINK: {
    title: "A thin uplink",
    what: "A call of four in the mesh, one of whom has an uplink that gets thin and comes back.",
    how:
      "Every frame and sound is written down, as for T8, in network namespaces whose links are shaped. One run: each step is seen once. Steps in the notes: after how many seconds, how many lines of picture a second were sent.",
  },
};
