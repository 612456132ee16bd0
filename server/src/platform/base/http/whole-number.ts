import { numberIn } from '#platform/kernel';
import { z } from 'zod';

/** A whole number in a query, where everything is text: `20`. No text at all, spaces, `0x10`, `1e3` and `1.0` are none. */
export const wholeNumber = (least: number, most: number) =>
  z.preprocess(
    (text) => (/\./.test(String(text)) ? text : numberIn(text)),
    z.int({ error: isNoNumber }).min(least).max(most),
  );

/** All that a query gives is text. One that is missing is told as any other. */
const isNoNumber = ({ input }: { readonly input: unknown }) =>
  input === undefined ? undefined : 'must be a whole number';
