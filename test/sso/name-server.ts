import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';
import { decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { atEndOfFile } from '@plinth/testkit/closing';

/** A DNS server on loopback that knows TXT records. */
export interface NameServer {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** The TXT records of names; a name that is not here does not exist. */
  readonly records: Map<string, readonly string[]>;
  /** How it answers from now on: rightly, with its own failure, or not at all. */
  state: 'well' | 'failing';
  /** What happens before it answers from now on. */
  before: () => Promise<unknown>;
}

/** Codes of answers (RFC 1035, 4.1.1). */
const SERVER_FAILURE = 2;
const NO_SUCH_NAME = 3;
/** A TXT record comes in pieces of 255 bytes at most; small ones here, so that they are put together. */
const PIECE = 20;

export async function openNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  atEndOfFile(() => void socket.close());
  const server: NameServer = {
    address: `127.0.0.1:${socket.address().port}`,
    records: new Map(),
    state: 'well',
    before: async () => {},
  };
  const answer = (message: Buffer, { port, address }: RemoteInfo) => {
    const { id = 0, questions = [] } = decode(message);
    const [name = ''] = questions.map((question) => question.name.toLowerCase());
    const texts = server.records.get(name);
    const code = server.state === 'failing' ? SERVER_FAILURE : texts === undefined ? NO_SUCH_NAME : 0;
    const answers = (code === 0 ? (texts ?? []) : []).map((text) => ({
      type: 'TXT' as const,
      name,
      ttl: 60,
      data: text.match(new RegExp(`.{1,${PIECE}}`, 'g')) ?? [''],
    }));
    socket.send(
      encode({ type: 'response', id, flags: RECURSION_DESIRED | code, questions, answers }),
      port,
      address,
    );
  };
  socket.on('message', (message, from) => void server.before().then(() => answer(message, from)));
  return server;
}
