/**
 * What the service is measured against: the least that a relay on `Deno.serve` can be. A process of its own.
 *
 * `/?id=<own id>` opens a socket; `{"type":"signal","to":id,"data":...}` goes to the socket of that id, as it came
 * (`forward`) or with its sender named (`named`), as receivers need it. Arguments: the mode, and optionally an idle
 * time-out in s, by half of which the runtime pings; without one it never does, as in the service.
 *
 * @module
 */

const [mode, idleTimeout = "0"] = Deno.args;
const sockets = new Map<string, WebSocket>();

Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => console.log(JSON.stringify({ url: `ws://127.0.0.1:${port}/` })),
}, (request) => {
  const options = { idleTimeout: Number(idleTimeout) };
  const { socket, response } = Deno.upgradeWebSocket(request, options);
  attach(socket, new URL(request.url).searchParams.get("id")!);
  return response;
});

function attach(socket: WebSocket, id: string): void {
  sockets.set(id, socket);
  socket.onmessage = mode === "named"
    ? (event) => {
      const { type, to, data } = JSON.parse(event.data);
      sockets.get(to)?.send(JSON.stringify({ type, from: id, data }));
    }
    : (event) => {
      const { to } = JSON.parse(event.data);
      sockets.get(to)?.send(event.data);
    };
  socket.onclose = () => sockets.delete(id);
}
