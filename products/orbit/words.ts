import { z } from 'zod';

/** Neither spaces nor marks nor what is invisible. */
const SEEN = /[^\p{C}\p{Z}\p{M}]/u;
/** Control characters; lines and tabs are none here. */
const CONTROL = /[\p{Cc}--[\n\r\t]]/v;

/** A line of text that says something, in characters. */
export const line = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((words) => SEEN.test(words) && !/\p{Cc}/u.test(words), { error: 'is one line of text' });

/** Text of several lines; it may be empty. */
export const text = (most: number) =>
  z
    .string()
    .max(most)
    .refine((words) => !CONTROL.test(words), { error: 'has characters that are no text' });
