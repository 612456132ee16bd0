import { AppError } from '#platform/kernel';
import type { ByteRange } from './home.ts';

const ONE = /^bytes=(\d{0,15})-(\d{0,15})$/;

/**
 * What a Range header asks for of so many bytes (RFC 9110, 14). Undefined: all of it, as of a header that is malformed, or names
 * several ranges, which nobody has to answer. Throws `range_not_satisfiable`.
 */
export function rangeOf(header: string | undefined, bytes: number): ByteRange | undefined {
  const [, from = '', to = ''] = ONE.exec(header?.replaceAll(' ', '') ?? '') ?? [];
  if (from === '' && to === '') return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined;
  const start = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (start > end)
    throw new AppError('range_not_satisfiable', { headers: { 'content-range': `bytes */${bytes}` } });
  return { start, end };
}
