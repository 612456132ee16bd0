import { z } from 'zod';
import { LONGEST_PASSWORD } from './passwords/password-rules.ts';

export const LONGEST_EMAIL = 254;
/** Longer passwords are refused by the rules, in words; this only bounds what is read. */
export const passwordSchema = z
  .string()
  .min(1)
  .max(LONGEST_PASSWORD * 2);
export const deviceNameSchema = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .describe('What you call this device in the list of your sessions.');
/** An address that mails go to. */
export const emailSchema = z.email().max(LONGEST_EMAIL);
