import type { z } from 'zod';

/** A row of which a reply is made: its texts may be times, its lists readonly. */
type RowOf<Json> = {
  readonly [Name in keyof Json]: Json[Name] extends string | null
    ? Json[Name] | Date
    : Json[Name] extends (infer Item)[]
      ? readonly Item[]
      : Json[Name];
};

/** Makes a reply of a row: the fields that it has, with times as text. */
export function replyMaker<Reply extends z.ZodObject>(
  reply: Reply,
): (row: RowOf<z.input<Reply>>) => z.input<Reply> {
  const names = Object.keys(reply.shape);
  return (row) => {
    const shown: Record<string, unknown> = {};
    for (const name of names) {
      const value: unknown = row[name];
      shown[name] = value instanceof Date ? value.toISOString() : value;
    }
    return shown as z.input<Reply>;
  };
}
