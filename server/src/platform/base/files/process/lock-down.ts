import { createRequire } from 'node:module';

/**
 * Takes away what a reader process has no use for, before a library is loaded: every way to another host, and the console,
 * which libraries write file contents to. The permissions that the process is started with are the wall against files and programs;
 * this one is against libraries that fetch what a document names.
 */
export function lockDown(): void {
  const require = createRequire(import.meta.url);
  const net = require('node:net') as typeof import('node:net');
  net.Socket.prototype.connect = refuse;
  const dgram = require('node:dgram') as typeof import('node:dgram');
  dgram.Socket.prototype.send = refuse;
  const dns = require('node:dns') as typeof import('node:dns');
  Object.assign(dns, { lookup: refuse, resolve: refuse });
  for (const name of ['fetch', 'WebSocket', 'EventSource', 'XMLHttpRequest'])
    Object.defineProperty(globalThis, name, { value: undefined, configurable: false, writable: false });
  for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) console[level] = () => {};
}

function refuse(): never {
  throw new Error('a reader has no network');
}
