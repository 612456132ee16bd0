import { z } from 'zod';
import { type Format, PROBLEMS, recordsOf } from '#platform/imports';

/** Sums of calls. Undefined: the bill does not say it. Prompt tokens include those from a cache. */
export interface CallSums {
  readonly calls: number | undefined;
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
}

/** One call, if `request_id` is there; else a part of what a model did on a day. */
export interface BillRow extends CallSums {
  /** Day of UTC: `2026-11-20` */
  readonly day: string;
  /** Without the date of a snapshot. */
  readonly model: string;
  readonly request_id: string | undefined;
}

/** Columns by the names that files have for them: ours, OpenAI's, Anthropic's. */
const COLUMNS: Readonly<Record<string, readonly string[]>> = {
  request_id: ['request_id'],
  day: ['day', 'date', 'at', 'start_time_iso', 'start_time', 'usage_date_utc'],
  model: ['model', 'model_version'],
  calls: ['calls', 'num_model_requests'],
  prompt_tokens: ['prompt_tokens', 'input_tokens', 'usage_input_tokens_no_cache'],
  completion_tokens: ['completion_tokens', 'output_tokens', 'usage_output_tokens'],
};
/** Anthropic's export counts these beside the others. */
const CACHED = ['cache_read', 'cache_write_5m', 'cache_write_1h'].map((part) => `usage_input_tokens_${part}`);
const SNAPSHOT = /[-@]\d{4}-?\d{2}-?\d{2}$/;
const EPOCH_SECONDS = /^\d{9,11}$/;

const text = z
  .union([z.string(), z.number()], 'is no text and no number')
  .transform(String)
  .pipe(z.string().min(1, 'is empty'));
const count = text.pipe(z.string().regex(/^\d{1,15}(\.0+)?$/, 'is no whole number')).transform(Number);
const day = text
  .transform((at) =>
    EPOCH_SECONDS.test(at) ? new Date(Number(at) * 1_000).toISOString() : at.replace(' ', 'T'),
  )
  .pipe(z.union([z.iso.date(), z.iso.datetime({ offset: true, local: true })], 'is no day and no time'))
  // A time without a zone is of UTC.
  .transform((at) =>
    new Date(/^.{10}$|Z$|[+-]\d\d:\d\d$/.test(at) ? at : `${at}Z`).toISOString().slice(0, 10),
  );
const rowSchema = z.object({
  request_id: text.optional(),
  day,
  model: text.transform(withoutSnapshot),
  calls: count.optional(),
  prompt_tokens: count.optional(),
  completion_tokens: count.optional(),
  cached: z.array(count),
});

/** `gpt-4o-mini` of `gpt-4o-mini-2024-07-18`: bills name the snapshot, callers mostly do not. */
export function withoutSnapshot(model: string): string {
  return model.replace(SNAPSHOT, '');
}

/** Wrong lines that are told: a file is read no further. */
const TOLD = 10;

/** Reads a bill as a provider exports it. What is wrong in which line is in `problems`; then the rows are not to be used. */
export async function readBill(
  bytes: AsyncIterable<Uint8Array>,
  format: Format,
): Promise<{ readonly rows: readonly BillRow[]; readonly problems: readonly string[] }> {
  const rows: BillRow[] = [];
  const problems: string[] = [];
  const lines = new Map<string | undefined, number>();
  for await (const record of recordsOf(bytes, format)) {
    const row = 'code' in record ? PROBLEMS[record.code] : rowOf(record.fields);
    const problem = typeof row === 'string' ? row : repetition(row, lines);
    if (problem !== undefined) problems.push(`line ${record.line}: ${problem}`);
    if (problems.length === TOLD) break;
    if (typeof row === 'string') continue;
    rows.push(row);
    lines.set(row.request_id, record.line);
  }
  if (rows.length === 0 && problems.length === 0) problems.push('There are no rows.');
  return { rows, problems };
}

/** A row; or, in a sentence, why it is none. */
function rowOf(fields: Readonly<Record<string, unknown>>): BillRow | string {
  const named = Object.entries(COLUMNS).map(([name, columns]) => [
    name,
    columns.map((column) => fields[column]).find((value) => value !== undefined),
  ]);
  const given = Object.fromEntries(named) as Readonly<Record<string, unknown>>;
  const read = rowSchema.safeParse({ ...given, cached: CACHED.map((column) => fields[column] ?? 0) });
  if (!read.success) {
    const [{ path, message } = { path: [], message: '' }] = read.error.issues;
    const name = String(path[0]);
    return name === 'cached' || given[name] !== undefined
      ? `${name} ${message}.`
      : `There is no ${name} (${COLUMNS[name]?.join(', ')}).`;
  }
  const { request_id: id, calls, prompt_tokens: prompt, completion_tokens: completion, cached } = read.data;
  if (id === undefined && calls === undefined && prompt === undefined && completion === undefined)
    return 'There is no request_id, and there are no calls and no tokens.';
  return {
    day: read.data.day,
    model: read.data.model,
    request_id: id,
    calls: id === undefined ? calls : 1,
    prompt_tokens: prompt === undefined ? undefined : cached.reduce((sum, part) => sum + part, prompt),
    completion_tokens: completion,
  };
}

/** A day may be in several rows, by key or project; a call may not. */
function repetition(
  { request_id: id }: BillRow,
  lines: ReadonlyMap<string | undefined, number>,
): string | undefined {
  if (lines.size > 0 && lines.has(undefined) !== (id === undefined))
    return 'Some lines have a request_id and some have none.';
  const earlier = id === undefined ? undefined : lines.get(id);
  return earlier === undefined ? undefined : `Its request_id is that of line ${earlier}.`;
}
