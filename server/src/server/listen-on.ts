import { createServer, isIPv6 } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { AppError, declareErrors } from '#platform/kernel';

declareErrors({
  port_not_open: { status: 500, message: 'The port could not be opened.' },
});

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** The setting that says the port, for the message when it is taken. */
  readonly setting: string;
}

/** Opens a port; one that is taken is said in one clear line. */
export async function listenOn(
  app: FastifyInstance,
  options: ListenOptions,
): Promise<{ url: string; port: number }> {
  const { host, port, setting } = options;
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new AppError('port_not_open', {
      message: whyNot(code, `${port} on ${host}`, setting),
      cause: error,
    });
  }
  const address = app.server.address();
  const opened = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://${reachable(host)}:${opened}`, port: opened };
}

/** How many ports are tried; after these the first one is reported as in use. */
const TRIES = 100;

/** The first port from this one on that is free; this one when there is none, or when it can't be opened for another reason. */
export async function nextFreePort(host: string, port: number): Promise<number> {
  for (let next = port; next < Math.min(port + TRIES, 65_536); next += 1) {
    const why = await probePort(host, next);
    if (why !== 'EADDRINUSE') return why === undefined ? next : port;
  }
  return port;
}

/** Opens a port and closes it; answers why it could not be opened. */
function probePort(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? 'unknown reason'));
    probe.listen({ host, port }, () => probe.close(() => resolve(undefined)));
  });
}

function whyNot(code: string | undefined, where: string, setting: string): string {
  if (code === 'EADDRINUSE')
    return `Port ${where} is in use. Stop what runs there, or set ${setting} to another.`;
  if (code === 'EACCES')
    return `Port ${where} may not be opened by this user. Set ${setting} to one above 1023.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return `This machine has no address for port ${where}. Set HOST to one that it has.`;
  return `Port ${where} could not be opened (${code ?? 'unknown reason'}).`;
}

/** All addresses (0.0.0.0, ::) is no place to go to. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return isIPv6(host) ? `[${host}]` : host;
}
