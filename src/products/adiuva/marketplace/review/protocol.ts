import { z } from 'zod';
import { type Code, CODES } from './checks.ts';

/** What the reader process is told of a package. */
export interface PackageTask {
  /** Hosts that the manifest's permissions name. */
  readonly hosts: readonly string[];
}

const codes = Object.keys(CODES) as [Code, ...Code[]];
const LONGEST_PATH = 1_024;

/** What the reader process answers, a line of JSON each. It has read a hostile file: nothing of a line is believed. */
export const packageLine = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('finding'),
    code: z.enum(codes),
    file: z.string().max(LONGEST_PATH).optional(),
    line: z.int().min(1).optional(),
    detail: z.string().max(300).optional(),
  }),
  z.strictObject({
    kind: z.literal('file'),
    path: z.string().max(LONGEST_PATH),
    bytes: z.int().min(0),
    sha256: z.string().regex(/^[\da-f]{64}$/),
  }),
  z.strictObject({ kind: z.literal('manifest'), text: z.string() }),
  /** All was told. `inflated`: the entries were looked into. */
  z.strictObject({ kind: z.literal('read'), inflated: z.boolean() }),
]);

export type PackageLine = z.infer<typeof packageLine>;
