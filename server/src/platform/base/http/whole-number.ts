import { numberIn } from '#platform/kernel';
import { z } from 'zod';

/** A whole number in a query, where everything is text: `20`. No text at all, spaces, `0x10`, `1e3` and `1.0` are none. */
export const wholeNumber = (least: number, most: number) =>
  z.preprocess((text) => (/\./.test(String(text)) ? text : numberIn(text)), z.int().min(least).max(most));
