import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The file of prices, models, aliases and policies, as text that is JSON; the AI module knows what it says. */
export interface AiSettingsText {
  readonly text: string;
  /** Absolute; undefined where the setting is the JSON itself, which does not change while the process runs. */
  readonly path: string | undefined;
}

/** Reads AI_CONFIG: JSON, or the name of a file that holds it. Answers what is wrong with it as text, without quoting it. */
export function readAiSettings(value: string): AiSettingsText | string {
  const isInline = /^\s*\{/.test(value);
  const path = isInline ? undefined : resolve(value);
  let text = value;
  try {
    if (path !== undefined) text = readFileSync(path, 'utf8');
  } catch {
    return 'names a file that can not be read';
  }
  try {
    JSON.parse(text);
  } catch {
    return 'is not valid JSON';
  }
  return { text, path };
}
