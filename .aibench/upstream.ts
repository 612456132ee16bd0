import { createServer } from 'node:http';
const text = 'word '.repeat(60);
const plain = Buffer.from(JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }], usage: { prompt_tokens: 300, completion_tokens: 60, total_tokens: 360, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } } }));
const ev = (o: object) => `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', ...o })}\n\n`;
const events = Array.from({ length: 30 }, () => Buffer.from(ev({ choices: [{ index: 0, delta: { content: 'word and word ' }, finish_reason: null }], usage: null })));
const last = Buffer.from(ev({ choices: [], usage: { prompt_tokens: 300, completion_tokens: 60, total_tokens: 360 } }) + 'data: [DONE]\n\n');
const server = createServer((q, r) => {
  let body = '';
  q.setEncoding('latin1');
  q.on('data', (c) => (body += c));
  q.on('end', () => {
    if (!body.includes('"stream":true')) { r.writeHead(200, { 'content-type': 'application/json', 'content-length': plain.length, 'x-request-id': 'req_1' }); r.end(plain); return; }
    r.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' });
    let i = 0;
    const step = () => { if (i < events.length) { r.write(events[i++]!); setImmediate(step); } else r.end(last); };
    step();
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
