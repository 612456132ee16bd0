import { z } from 'zod';
import { dialectSchema } from './dialects.ts';

const target = { model: z.string().optional(), key: z.string().optional() };
const after = z.number().int().min(0).optional();
/** Thought before the answer, within the reply's cap: billed, and never shown. */
const unseen = { reasoning_tokens: z.number().int().min(0).optional() };

/** Faults as they are written in JSON; `model` and `key` aim one at the calls of that model, with that key. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** Waits before the headers (a stream may send them first and wait before the first token), on top of the usual latency. */
  z.strictObject({
    kind: z.literal('latency'),
    ms: z.number().min(0),
    before: z.enum(['headers', 'first_token']).optional(),
    ...target,
  }),
  /** Refuses with this status in OpenAI's words (429, 500, 503 …); never billed. */
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    retry_after: z.union([z.number(), z.string()]).optional(),
    code: z.string().optional(),
    type: z.string().optional(),
    param: z.string().optional(),
    message: z.string().optional(),
    ...target,
  }),
  /** Sends the caller to this path, or to its own with `?moved=1`: 308 unless told. */
  z.strictObject({
    kind: z.literal('redirect'),
    status: z.number().int().min(300).max(399).optional(),
    location: z.string().optional(),
    ...target,
  }),
  /** A stream thinks for so long after so many tokens (0 unless told), and says so by a comment every few milliseconds. */
  z.strictObject({
    kind: z.literal('think'),
    ms: z.number().min(0),
    comment_ms: z.number().min(1).optional(),
    after,
    ...target,
  }),
  /** Not a fault: answers as other vendors' servers do. */
  z.strictObject({ kind: z.literal('dialect'), as: dialectSchema, ...target }),
  /** Takes the request and never answers. */
  z.strictObject({ kind: z.literal('hang'), billed: z.boolean().optional(), ...unseen, ...target }),
  /** Goes silent after so many chunks (0 unless told), or in the middle of a plain answer. */
  z.strictObject({ kind: z.literal('hang_midstream'), after, ...unseen, ...target }),
  /** Resets the connection before a byte of the answer. */
  z.strictObject({ kind: z.literal('reset'), billed: z.boolean().optional(), ...unseen, ...target }),
  /**
   * Ends without [DONE] after so many chunks, or with nothing but its headers; `abrupt` drops the connection, as does a plain
   * answer cut in half.
   */
  z.strictObject({
    kind: z.literal('cut_stream'),
    after,
    before: z.literal('first_event').optional(),
    abrupt: z.boolean().optional(),
    ...unseen,
    ...target,
  }),
  /** A stream that says after so many chunks (0 unless told) that it has failed, and ends. */
  z.strictObject({
    kind: z.literal('stream_error'),
    after,
    type: z.string().optional(),
    message: z.string().optional(),
    ...unseen,
    ...target,
  }),
  /** A stream whose end ([DONE], of chat completions) comes in two packets, so many milliseconds apart (20 unless told). */
  z.strictObject({ kind: z.literal('split_done'), ms: z.number().min(0).optional(), ...target }),
  /** A plain answer that is no JSON; a stream with one such event after so many chunks. */
  z.strictObject({ kind: z.literal('malformed_json'), after, ...target }),
  z.strictObject({ kind: z.literal('missing_usage'), ...unseen, ...target }),
  /** A whole, valid answer whose content is not what the requested schema says. */
  z.strictObject({ kind: z.literal('bad_content'), ...target }),
  /** An answer by a schema, but its longer texts say everything `times` over (10 unless told): too long for what they are for. */
  z.strictObject({ kind: z.literal('wordy'), times: z.number().int().min(2).max(100).optional(), ...target }),
  z.strictObject({ kind: z.literal('empty_choices'), ...target }),
  /** Not faults, but ordered in the same way: what the model says, and what usage it reports. */
  z.strictObject({ kind: z.literal('content'), text: z.string(), ...target }),
  /** The model calls a function, be it one that it invents: `arguments` is the text that it writes. */
  z.strictObject({ kind: z.literal('tool_call'), name: z.string(), arguments: z.string(), ...target }),
  z.strictObject({
    kind: z.literal('usage'),
    cached_tokens: z.number().int().min(0).optional(),
    reasoning_tokens: z.number().int().min(0).optional(),
    ...target,
  }),
]);

export type Fault = z.infer<typeof faultSchema>;

/**
 * Reads the `x-sandbox-fault` header: `429;retry_after=2`, `latency;ms=200`, `hang;billed=true`, or a fault in JSON.
 * Null when it is neither.
 */
export function faultFromHeader(header: string): Fault | null {
  const text = header.trim();
  const parsed = faultSchema.safeParse(text.startsWith('{') ? fromJson(text) : fromWords(text));
  return parsed.success ? parsed.data : null;
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function fromWords(text: string): unknown {
  const [kind = '', ...settings] = text.split(';').map((part) => part.trim());
  const fields = settings.map((setting): [string, unknown] => {
    const [name = '', ...value] = setting.split('=');
    return [name.trim(), valueOf(value.join('=').trim())];
  });
  const named = /^\d{3}$/.test(kind) ? { kind: 'status', status: Number(kind) } : { kind };
  return { ...named, ...Object.fromEntries(fields) };
}

function valueOf(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d+(?:\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Which fault meets which call. */
export interface Faults {
  /** Queues faults: each meets one call, in order; one aimed at a model waits for a call of that model. */
  next(...faults: readonly Fault[]): void;
  /** A fault for every call that none of the queue meets, until told otherwise. */
  always(fault: Fault | null): void;
  clear(): void;
}

export class FaultPlan implements Faults {
  #next: Fault[] = [];
  #always: Fault | null = null;

  next(...faults: readonly Fault[]): void {
    this.#next.push(...faults);
  }

  always(fault: Fault | null): void {
    this.#always = fault;
  }

  clear(): void {
    this.#next = [];
    this.#always = null;
  }

  /** The fault that a call meets; one from the queue is used up by it. */
  take(model: string, key?: string): Fault | undefined {
    const place = this.#next.length === 0 ? -1 : this.#next.findIndex((fault) => meets(fault, model, key));
    if (place >= 0) return this.#next.splice(place, 1)[0];
    return this.#always !== null && meets(this.#always, model, key) ? this.#always : undefined;
  }

  /** The same for a call that meets only the faults which name its model. */
  takeNamed(model: string): Fault | undefined {
    const place = this.#next.findIndex((fault) => fault.model === model);
    if (place >= 0) return this.#next.splice(place, 1)[0];
    return this.#always?.model === model ? this.#always : undefined;
  }

  state(): { readonly next: readonly Fault[]; readonly always: Fault | null } {
    return { next: [...this.#next], always: this.#always };
  }
}

function meets(fault: Fault, model: string, key: string | undefined): boolean {
  return (
    (fault.model === undefined || fault.model === model) && (fault.key === undefined || fault.key === key)
  );
}
