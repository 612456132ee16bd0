import { z } from 'zod';

/** A line of text that says something, in characters. */
export const line = (most: number) => z.string().trim().min(1).max(most);

export const language = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'A BCP 47 tag such as en, de or pt-BR.');

/** A creator's brief for a post. */
export const brief = {
  topic: line(500).describe('What the post is about.'),
  tone: line(100).describe('How it should sound: bold, warm, dry …'),
  audience: line(200).describe('Who should feel addressed.'),
  brand_voice: line(1_000).describe('How your brand speaks: words it uses and avoids.'),
  language: language.describe('BCP 47 tag of the language to write in.'),
} as const;
