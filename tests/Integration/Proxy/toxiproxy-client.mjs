// Every call of the published client, against the API at argv[2] and an echo server at argv[3]. Prints what was measured; any surprise ends it.
import assert from "node:assert/strict";
import net from "node:net";
import client from "toxiproxy-node-client";

const { Toxiproxy } = client;
const [, , api, upstream] = process.argv;

function echo(listen, text) {
  const [host, port] = listen.split(":");
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), host, () => socket.write(text));
    let heard = "";
    socket.on("data", (data) => {
      heard += data;
      if (heard.length >= text.length) {
        socket.destroy();
        resolve(heard);
      }
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed after " + heard.length)));
  });
}

const toxiproxy = new Toxiproxy(api);
assert.match(JSON.parse(await toxiproxy.getVersion()).version, /^\d+\.\d+\.\d+/);

const proxy = await toxiproxy.createProxy({ name: "link", listen: "127.0.0.1:0", upstream });
assert.equal(proxy.name, "link");
assert.equal(proxy.enabled, true);
await assert.rejects(toxiproxy.createProxy({ name: "link", listen: "127.0.0.1:0", upstream }), /409/);
await assert.rejects(toxiproxy.get("none"), /404/);
assert.equal((await toxiproxy.get("link")).listen, proxy.listen);
const heard = await echo(proxy.listen, "hello");

const toxic = await proxy.addToxic({ name: "late", type: "latency", stream: "downstream", toxicity: 1, attributes: { latency: 100, jitter: 0 } });
assert.deepEqual(toxic.attributes, { latency: 100, jitter: 0 });
const changed = await toxic.update({ toxicity: 1, attributes: { latency: 200 } });
assert.equal(changed.attributes.latency, 200);
assert.equal((await proxy.getToxic("late")).type, "latency");
const start = performance.now();
await echo(proxy.listen, "hello");
const lateMs = Math.ceil(performance.now() - start);
await toxic.remove();
await assert.rejects(proxy.getToxic("late"), /404/);

for (const [type, attributes] of Object.entries({
  bandwidth: { rate: 1000 },
  slow_close: { delay: 1 },
  timeout: { timeout: 1 },
  reset_peer: { timeout: 1 },
  slicer: { average_size: 10, size_variation: 5, delay: 1 },
  limit_data: { bytes: 1000 },
})) {
  const added = await proxy.addToxic({ type, stream: "upstream", toxicity: 0.5, attributes });
  assert.equal(added.name, type + "_upstream");
  assert.deepEqual(added.attributes, attributes);
  assert.equal(added.toxicity, 0.5);
}

const disabled = await proxy.update({ enabled: false, listen: proxy.listen, upstream });
assert.equal(disabled.enabled, false);
await assert.rejects(echo(proxy.listen, "hello"));
await toxiproxy.reset();
assert.equal((await toxiproxy.get("link")).enabled, true);
await assert.rejects(proxy.getToxic("timeout_upstream"), /404/);

const populated = await toxiproxy.populate([
  { name: "link", listen: proxy.listen, upstream },
  { name: "other", listen: "127.0.0.1:0", upstream },
]);
assert.deepEqual(Object.keys(populated), ["link", "other"]);
const all = await toxiproxy.getAll();
assert.deepEqual(Object.keys(all).sort(), ["link", "other"]);
await Promise.all(Object.values(all).map((p) => p.remove()));
assert.deepEqual(await toxiproxy.getAll(), {});

console.log(JSON.stringify({ echo: heard, lateMs }));
