/** A message of PostgreSQL's protocol (version 3) as it went over the wire, and what a proxy wants to know of it. */
export interface ClientMessage {
  readonly bytes: Buffer;
  /** The text of the statement that it executes, in lower case. */
  readonly executes: string | undefined;
  /** Ends what it has sent so far; outside of a transaction this commits it. */
  readonly syncs: boolean;
  /** A client asks for TLS before it starts up: the proxy has to refuse it. */
  readonly wishes: boolean;
}
export interface ServerMessage {
  readonly bytes: Buffer;
  /** The command that it says is complete, with its counts: `COMMIT`, `INSERT 0 1`. */
  readonly completes: string | undefined;
  /** It says an error. */
  readonly fails: boolean;
  /** It ends what it answers to a sync, and says that the server waits for more. */
  readonly readies: boolean;
}

/** Codes of first messages that are no start-up: wishes for TLS and for GSS, whose answer is one byte. */
const WISHES: ReadonlySet<number> = new Set([80_877_103, 80_877_104]);

/** Cuts what a client sends into messages. Prepared statements are remembered by name, portals by theirs. */
export function clientMessages(hear: (message: ClientMessage) => void): (chunk: Buffer) => void {
  const statements = new Map<string, string>();
  const portals = new Map<string, string>();
  let started = false;

  function executedText(bytes: Buffer): string | undefined {
    const [first = '', second = ''] = stringsOf(bytes);
    switch (typeOf(bytes)) {
      case 'P':
        statements.set(first, second.trim().toLowerCase());
        return undefined;
      case 'B':
        portals.set(first, statements.get(second) ?? '');
        return undefined;
      case 'E':
        return portals.get(first) ?? '';
      case 'Q':
        return first.trim().toLowerCase();
      default:
        return undefined;
    }
  }

  return createFraming(
    (bytes) => {
      const syncs = started && typeOf(bytes) === 'S';
      if (started) return hear({ bytes, executes: executedText(bytes), syncs, wishes: false });
      const wishes = WISHES.has(bytes.readUInt32BE(4));
      started = !wishes;
      hear({ bytes, executes: undefined, syncs: false, wishes });
    },
    () => started,
  );
}

/** Cuts what a server sends into messages. */
export function serverMessages(hear: (message: ServerMessage) => void): (chunk: Buffer) => void {
  return createFraming(
    (bytes) => {
      const type = typeOf(bytes);
      const completes = type === 'C' ? stringsOf(bytes)[0] : undefined;
      hear({ bytes, completes, fails: type === 'E', readies: type === 'Z' });
    },
    () => true,
  );
}

/** Whole messages out of chunks: a byte that says what it is (a first message has none), and a length that counts itself. */
function createFraming(hear: (bytes: Buffer) => void, isTyped: () => boolean): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const head = isTyped() ? 1 : 0;
      if (rest.length < head + 4) return;
      const size = head + rest.readUInt32BE(head);
      if (rest.length < size) return;
      const bytes = rest.subarray(0, size);
      rest = rest.subarray(size);
      hear(bytes);
    }
  };
}

function typeOf(bytes: Buffer): string {
  return String.fromCodePoint(bytes[0] ?? 0);
}

/** The first two strings of a message's body; each ends with a zero. */
function stringsOf(bytes: Buffer): string[] {
  const strings: string[] = [];
  let at = 5;
  while (strings.length < 2) {
    const end = bytes.indexOf(0, at);
    if (end < 0) break;
    strings.push(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  return strings;
}
