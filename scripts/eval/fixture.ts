import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '#app';
import { type Config, readConfig } from '#platform/config';
import { makeCustomers } from '../../bench/customers.ts';
import type { Fixture } from './write-posts.ts';

/**
 * A server on an embedded database that is thrown away, with the providers of the environment (the sandbox when there
 * are none), and `customers` with a plan. `model` (`provider/model`) takes the place of those that policies name.
 */
export async function openFixture(options: {
  readonly customers: number;
  /** `reel.pro` */
  readonly plan: string;
  readonly model: string | undefined;
}): Promise<Fixture & { readonly isSandbox: boolean; close(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth eval '));
  // What the environment says of databases and ports is about another server.
  const { DATABASE_URL: _url, DIRECT_URL: _direct, REDIS_URL: _redis, ...environment } = process.env;
  const settings = {
    ...environment,
    NODE_ENV: 'development',
    DATA_DIR: folder,
    PORT: '0',
    LOG_LEVEL: 'silent',
  };
  try {
    const config = withModel(readConfig(settings), options.model);
    const keys = await makeCustomers(settings, options.customers, options.plan);
    const app = await openApp({
      config,
      version: 'eval',
      serve: true,
      work: true,
      migrate: false,
      onLost(reason) {
        throw new Error(reason);
      },
    });
    const { url } = await app.server.listen();
    return {
      url,
      keys,
      isSandbox: config.ai.sandbox,
      async close() {
        await app.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** With one model of one provider alone, every size of model that a policy names is that model. */
function withModel(config: Config, model: string | undefined): Config {
  if (model === undefined) return config;
  const [provider = '', ...rest] = model.split('/');
  const upstream = config.ai.upstreams.find(({ name }) => name === provider);
  if (upstream === undefined) {
    const names = config.ai.upstreams.map(({ name }) => name).join(', ') || 'none';
    throw new Error(`--model ${model}: no provider "${provider}" is configured (there is ${names})`);
  }
  const only = { ...upstream, models: [rest.join('/')] };
  return { ...config, ai: { ...config.ai, upstreams: [only], sandbox: false } };
}
