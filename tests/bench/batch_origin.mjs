// A responder that is not the bottleneck: it counts the requests in what it reads and answers the
// whole batch in one write. For benchmarks only: it reads no more of a request than its end.
import net from "node:net";

const [length = "5"] = process.argv.slice(2);
const body = "x".repeat(Number(length));
const answer = Buffer.from(
  `HTTP/1.1 200 OK\r\nServer: batch\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
);
let answers = Buffer.alloc(0);

function batch(count) {
  if (answers.length < count * answer.length) {
    answers = Buffer.concat(new Array(Math.max(64, 2 * count)).fill(answer));
  }
  return answers.subarray(0, count * answer.length);
}

const END = Buffer.from("\r\n\r\n");
const server = net.createServer((socket) => {
  socket.setNoDelay(true);
  let tail = Buffer.alloc(0);
  socket.on("data", (chunk) => {
    const data = tail.length === 0 ? chunk : Buffer.concat([tail, chunk]);
    let count = 0;
    let at = 0;
    for (let end = data.indexOf(END); end >= 0; end = data.indexOf(END, at)) {
      count++;
      at = end + END.length;
    }
    tail = data.subarray(at);
    if (count > 0) socket.write(batch(count));
  });
  socket.on("error", () => {});
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
