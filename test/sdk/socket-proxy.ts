import { createServer, type Socket, connect } from 'node:net';
import { atEndOfFile } from '@plinth/testkit/closing';

/** What befalls a connection on its way. */
export type SocketFault =
  /** It breaks once the first frame has gone to the server. */
  | { readonly kind: 'cut_sent' }
  /** It breaks once the server has sent this. */
  | { readonly kind: 'cut_after'; readonly text: string }
  /** Nothing of what the server sends comes through after the upgrade, and the connection stays open. */
  | { readonly kind: 'silent' };

/** A proxy of bytes, for sockets. */
export interface SocketProxy {
  readonly url: string;
  /** Connections so far. */
  readonly count: number;
  /** Where the next connections lead. */
  target: string;
  /** What befalls the next connections, one after the other. */
  next(...faults: readonly SocketFault[]): void;
}

export async function openSocketProxy(target: string): Promise<SocketProxy> {
  const faults: SocketFault[] = [];
  const open = new Set<Socket>();
  let count = 0;
  const server = createServer((client) => {
    count += 1;
    const { port, hostname } = new URL(proxy.target);
    const upstream = connect(Number(port), hostname);
    const ends = [client, upstream];
    const cut = () => ends.forEach((end) => end.destroy());
    for (const end of ends) {
      open.add(end);
      end.on('error', cut);
      end.on('close', cut);
    }
    relay({ client, upstream, cut }, faults.shift());
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  atEndOfFile(() => {
    for (const end of open) end.destroy();
    server.close();
  });
  const address = server.address();
  const proxy: SocketProxy = {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    target,
    get count() {
      return count;
    },
    next: (...more) => void faults.push(...more),
  };
  return proxy;
}

interface Ends {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly cut: () => void;
}

const END_OF_HEAD = '\r\n\r\n';

function relay({ client, upstream, cut }: Ends, fault: SocketFault | undefined): void {
  let sent = '';
  let heard = '';
  client.on('data', (bytes: Buffer) => {
    sent += bytes.toString('latin1');
    upstream.write(bytes);
    const isPastHead = !sent.endsWith(END_OF_HEAD) && sent.includes(END_OF_HEAD);
    if (fault?.kind === 'cut_sent' && isPastHead) cut();
  });
  upstream.on('data', (bytes: Buffer) => {
    const isUpgraded = heard.includes(END_OF_HEAD);
    heard += bytes.toString('latin1');
    if (fault?.kind === 'silent' && isUpgraded) return;
    client.write(bytes, () => {
      if (fault?.kind === 'cut_after' && heard.includes(fault.text)) cut();
    });
  });
}
