#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { drive } from './drive.ts';
import { STARTS } from './starts.ts';

const USAGE = `Usage: plinth-sandboxes <${Object.keys(STARTS).join('|')}> [--port 4010] [--file stripe.json] [--notify URL]

Starts one on 127.0.0.1, prints what a client needs, and answers until it is stopped. The stores tell --notify what happens.

       plinth-sandboxes <app-store|google-play|stripe> <verb> [name=text] [name:=JSON] --at URL

Has one that runs do what a customer would. An unknown verb is answered with those that there are.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '0' },
    file: { type: 'string' },
    notify: { type: 'string' },
    at: { type: 'string' },
  },
});
const [vendor = '', verb, ...facts] = positionals;
const start = STARTS[vendor];
if (start === undefined || (verb === undefined) !== (values.at === undefined)) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else if (verb === undefined) {
  const { settings, close } = await start({ ...values, port: Number(values.port) });
  for (const [name, value] of Object.entries(settings)) process.stdout.write(`${name}=${value}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void close());
} else {
  try {
    process.stdout.write(`${await drive({ vendor, verb, facts, at: values.at ?? '' })}\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
