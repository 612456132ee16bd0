import { createAppStoreClient } from '#platform/billing';
import type { AppStoreSettings, Config } from '#platform/config';
import { AppError, systemClock } from '#platform/kernel';
import type { Check } from '#platform/diagnosis';
import { OperatorError } from './operator-error.ts';

const DAY = 86_400_000;

/** Whether Apple takes the key in each environment, a line each; it needs nothing else of us. */
export function appStoreChecks({ appStore }: Config): Check[] {
  if (appStore === undefined)
    return [{ name: 'App Store', look: async () => 'APP_STORE_BUNDLE_ID is not set: nothing is sold there' }];
  const { app } = appStore;
  if (app === undefined) return [{ name: 'App Store', look: async () => 'the sandbox: nobody pays' }];
  return app.environments.map((environment) => ({
    name: `App Store: ${environment.toLowerCase()}`,
    look: () => look(app, environment),
  }));
}

async function look(
  app: NonNullable<AppStoreSettings['app']>,
  environment: 'Production' | 'Sandbox',
): Promise<string> {
  const mode = environment === 'Production' ? 'live' : 'test';
  const client = createAppStoreClient({ environment, mode, credentials: async () => app });
  const now = systemClock.now();
  try {
    const { notificationHistory = [] } = await client.read((api) =>
      api.getNotificationHistory(null, { startDate: now - DAY, endDate: now, onlyFailures: true }),
    );
    const failed = notificationHistory.length;
    if (failed > 0)
      throw new OperatorError(
        `${failed} notifications of the last day were not taken. Is its address set in App Store Connect?`,
      );
    return 'the key is accepted, no notification of the last day waits';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'store_unavailable') throw new OperatorError('Apple does not answer.');
    throw new OperatorError(
      error.details?.['code'] === 'key_refused'
        ? 'APP_STORE_PRIVATE_KEY, APP_STORE_KEY_ID or APP_STORE_ISSUER_ID is not accepted for this app.'
        : `Apple refuses (${String(error.details?.['code'])}).`,
    );
  }
}
