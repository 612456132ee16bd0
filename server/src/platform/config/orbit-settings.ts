import { z } from 'zod';
import { setting } from './setting.ts';

const SHAPES = /^(?:tcp:\/\/[^\s/@]+|unix:\/[^\s]+)$/;

const clamdUrl = z
  .string()
  .refine(
    (value) => SHAPES.test(value) && URL.canParse(value),
    'must be tcp://host:port, or unix: and the path of a socket',
  );

/** The pattern of a comment's address in a web app: ids stand in braces behind the host. */
const commentUrl = z
  .string()
  .refine(
    (value) =>
      /^https?:\/\/[^\s/{}]+\/(?:[^\s{}]|\{(?:workspace|scope|comment)_id\})*$/.test(value) &&
      value.includes('{comment_id}') &&
      URL.canParse(value),
    'must be an http:// or https:// URL with {comment_id} in its path, its query or behind #; {workspace_id} and {scope_id} may stand there too',
  );

/** The scanner of customers' uploads, and the address that mails of mentions lead to (docs/orbit.md). */
export const ORBIT_SETTINGS = {
  CLAMD_URL: setting(clamdUrl.optional(), {
    group: 'Operations',
    says: 'Where clamd listens: uploaded documents are scanned before they are read. Not set: nothing is scanned.',
    example: 'unix:/run/clamav/clamd.ctl',
  }),
  ORBIT_COMMENT_URL: setting(commentUrl.optional(), {
    group: 'Mail',
    says: 'Where your web app of Orbit shows a comment: mails of mentions lead there. `{workspace_id}`, `{scope_id}` and `{comment_id}` stand for the ids. Not set: such mails have no link.',
    example: 'https://orbit.example.com/scopes/{scope_id}?comment={comment_id}',
  }),
} as const;
