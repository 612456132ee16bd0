import { PlinthError } from '@plinth/sdk/errors';
import { useTexts } from '../../text/index.ts';
import { texts } from './texts.ts';

type WordKey = Extract<keyof typeof texts, `why.${string}`>;

/** Whether there are words here for a code. */
export const hasWords = (code: string): boolean => Object.hasOwn(texts, `why.${code}`);

/** What an error means to who sees it, and what to do; in the server's words where there are none here. */
export function useRefusal(): (error: unknown) => string {
  const { say, format } = useTexts(texts);
  return (error) => {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof PlinthError ? error.code : name;
    const seconds = (error instanceof PlinthError ? error.retryAfter : undefined) ?? 60;
    const now = Date.now();
    const when = format.relative(new Date(now + seconds * 1_000).toISOString(), now);
    return hasWords(code) ? say(`why.${code}` as WordKey, { when }) : message;
  };
}
