import { once } from 'node:events';
import { connect } from 'node:net';

export interface Connection {
  /** Asks once, and waits for the answer; throws unless it is 200. */
  call(): Promise<void>;
  close(): void;
}

/** A connection that asks the same thing again and again. A client of its own: a whole one costs more than what is measured. */
export async function connectTo({
  port,
  ...headers
}: {
  readonly port: number;
  readonly authorization?: string;
  readonly cookie?: string;
}): Promise<Connection> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const request = `GET /v1/bench HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}\r\n`;
  let answered = Promise.withResolvers<void>();
  socket.setNoDelay(true);
  socket.on('error', (error) => answered.reject(error));
  // An answer is one small packet; its head says how it went.
  socket.on('data', (chunk: Buffer) => {
    const head = chunk.toString('latin1', 0, 12);
    if (head === 'HTTP/1.1 200') answered.resolve();
    else answered.reject(new Error(`answered ${chunk.toString('utf8').slice(0, 400)}`));
  });
  return {
    call() {
      answered = Promise.withResolvers();
      socket.write(request);
      return answered.promise;
    },
    close: () => void socket.destroy(),
  };
}
