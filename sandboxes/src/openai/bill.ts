import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/** One call that the vendor would put on the invoice. No text of anyone is kept. */
export interface BilledCall {
  /** The vendor's id: the answer's x-request-id. */
  readonly request_id: string;
  readonly at: string;
  readonly endpoint:
    | '/v1/chat/completions'
    | '/v1/responses'
    | '/v1/embeddings'
    | '/v1/images/generations'
    | '/v1/audio/speech'
    | '/v1/audio/transcriptions'
    | '/v1/messages'
    | '/v1/models:generateContent'
    | '/v1/models:embedContent'
    | '/model/converse';
  readonly model: string;
  readonly prompt_tokens: number;
  /** Those of the prompt tokens that were served from a cache. */
  readonly cached_tokens: number;
  /** Those of the prompt tokens that Anthropic's and Bedrock's protocols wrote to its cache, by how long they stay. */
  readonly cache_write_5m_tokens?: number;
  readonly cache_write_1h_tokens?: number;
  /** All generated tokens, those of reasoning included. */
  readonly completion_tokens: number;
  readonly reasoning_tokens: number;
  /** The caller's own X-Request-Id (else X-Client-Request-Id). */
  readonly client_request_id: string | null;
  /** The last four characters of the key that it came with; of a signature, of that. */
  readonly key_ending: string;
  readonly streamed: boolean;
  /**
   * The caller was gone before it had the whole answer. In memory this follows what happens; a line of the file
   * says what was known when the answer began.
   */
  readonly hung_up: boolean;
  /** The fault that it met, if any, and after how many tokens: what the caller was shown of a stream at most. */
  readonly fault?: { readonly kind: string; readonly after?: number };
}

type Entry = { -readonly [Key in keyof BilledCall]: BilledCall[Key] };

/** Calls kept in memory at least, and a tenth more at most; the file keeps all. */
const KEPT_CALLS = 100_000;

/** The vendor's bill: the last 100,000 calls in memory, and every call in a file of JSON lines if one is named. */
export class Bill {
  #entries: Entry[];
  readonly #file: number | null;

  constructor(path?: string) {
    this.#entries = path === undefined ? [] : readBillFile(path).slice(-KEPT_CALLS);
    this.#file = path === undefined ? null : openBill(path);
  }

  /** Writes the line before it returns: what the caller has seen of an answer, the bill has too, even after kill −9. */
  add(call: BilledCall): BillEntry {
    const entry: Entry = { ...call };
    if (this.#file !== null) writeSync(this.#file, `${JSON.stringify(entry)}\n`);
    this.#entries.push(entry);
    // Cut in steps of a tenth, so that the cost of moving the rest is spread over ten thousand calls.
    if (this.#entries.length > KEPT_CALLS * 1.1) this.#entries = this.#entries.slice(-KEPT_CALLS);
    return {
      hungUp: () => {
        entry.hung_up = true;
      },
    };
  }

  list(): readonly BilledCall[] {
    return [...this.#entries];
  }

  clear(): void {
    this.#entries = [];
    if (this.#file !== null) ftruncateSync(this.#file);
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}

/** A billed call's one later change. */
export interface BillEntry {
  hungUp(): void;
}

function openBill(path: string): number {
  mkdirSync(dirname(path), { recursive: true });
  if (existsSync(path)) {
    const bytes = readFileSync(path);
    truncateSync(path, bytes.lastIndexOf(0x0a) + 1);
  }
  return openSync(path, 'a', 0o600);
}

/** The calls of a bill file, also while it is written. A line cut off by a kill belongs to an answer that never left: it is left out. */
export function readBillFile(path: string): BilledCall[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line): BilledCall => JSON.parse(line));
}
