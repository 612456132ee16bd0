import { z } from 'zod';
import { setting } from './setting.ts';

const SHAPES = /^(?:tcp:\/\/[^\s/@]+|unix:\/[^\s]+)$/;

const clamdUrl = z
  .string()
  .refine(
    (value) => SHAPES.test(value) && URL.canParse(value),
    'must be tcp://host:port, or unix: and the path of a socket',
  );

/** Who looks into what customers upload (docs/orbit.md). */
export const SCANNER_SETTINGS = {
  CLAMD_URL: setting(clamdUrl.optional(), {
    group: 'Operations',
    says: 'Where clamd listens: uploaded documents are scanned before they are read. Not set: nothing is scanned.',
    example: 'unix:/run/clamav/clamd.ctl',
  }),
} as const;
