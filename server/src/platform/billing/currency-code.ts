import { z } from 'zod';

export const currencyCode = z
  .string()
  .regex(/^[a-z]{3}$/)
  .describe('By ISO 4217, in lower case.');
