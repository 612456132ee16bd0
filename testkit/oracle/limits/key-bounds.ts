import { createHash } from 'node:crypto';
import type { Request } from './state.ts';

/** Bounds of keys, by their names: money and calls, of the key or of each of its end users. */
export const isOfEndUser = (name: string) => name.startsWith('key_user_');
export const kindOfBound = (name: string) => (name.endsWith('budget') ? 'budget' : 'calls');
export const perOfBound = (name: string) =>
  name.endsWith('minute') ? 'minute' : name.includes('daily') ? 'day' : 'month';
/** As many has a key in a window. */
export const END_USERS = 100_000;
/** The end user as meters name them. */
export const endUserOf = ({ endUser = '' }: Request) =>
  createHash('sha256').update(endUser).digest('hex').slice(0, 32);
