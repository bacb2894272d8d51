/**
 * A Socket.IO server that relays to rooms, as its guide to private messages has it: everyone is in a room that has the
 * name of the socket. Run by Node; its argument is the port.
 */
const { Server } = require("socket.io");
const { createServer } = require("node:http");

const http = createServer();
const io = new Server(http, { transports: ["websocket"] });

io.on("connection", (socket) => {
  socket.on("signal", ({ to, data }) => socket.to(to).emit("signal", { from: socket.id, data }));
});

http.listen(Number(process.argv[2]), "127.0.0.1", () => console.log("listening"));
