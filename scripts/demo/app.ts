import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AppOptions, openApp } from '#app';
import { readConfig } from '#platform/config';
import { createOpenAISandbox } from '#sandbox/openai';

/** A folder of its own, a provider that answers, and servers that keep their data there and call it. */
export async function openDemo({ latencyMs }: { readonly latencyMs: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'plinth demo '));
  const sandbox = await createOpenAISandbox({ latencyMs });
  return {
    folder,
    sandbox,
    async openDemoApp(settings: Readonly<Record<string, string>>, more: Partial<AppOptions>) {
      const upstream = { name: 'sandbox', base_url: sandbox.url, api_key: sandbox.apiKey };
      const app = await openApp({
        config: readConfig({
          DATA_DIR: folder,
          PORT: '0',
          LOG_LEVEL: 'error',
          AI_UPSTREAMS: JSON.stringify([{ ...upstream, models: ['sandbox-small', 'sandbox-large'] }]),
          ...settings,
        }),
        version: 'demo',
        serve: true,
        work: true,
        migrate: true,
        owner: true,
        onLost(reason) {
          throw new Error(reason);
        },
        ...more,
      });
      return { app, db: app.modules.db, url: (await app.server.listen()).url };
    },
    ownerKey(): string {
      const owner = JSON.parse(readFileSync(join(folder, 'owner.json'), 'utf8')) as { api_key: string };
      return owner.api_key;
    },
    async close(): Promise<void> {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
