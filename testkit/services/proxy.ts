import { createConnection, createServer, type Socket } from 'node:net';

/** A way to a server on loopback that can be made slow, or broken. */
export interface Proxy {
  readonly port: number;
  /** Milliseconds that every answer is held back. */
  delay: number;
  /** The port that connections made from now on lead to. */
  target: number;
  /** Breaks all connections that stand. */
  cut(): void;
  close(): Promise<void>;
}

/** Opens a way to a port of this machine. */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // Errors here are made on purpose.
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  };
  const proxy = { delay: 0, target };
  const server = createServer((near) => {
    const far = createConnection(proxy.target, '127.0.0.1');
    keep(near);
    keep(far);
    near.on('data', (chunk) => void far.write(chunk));
    // Equal delays keep their order: timers of one length fire in the order in which they were set.
    far.on('data', (chunk) => void setTimeout(() => near.write(chunk), proxy.delay));
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(proxy, {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    cut,
    close() {
      cut();
      return new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  });
}
