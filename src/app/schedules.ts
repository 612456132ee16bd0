import type { Jobs } from '#platform/jobs';
import { modules, type Services } from '#modules';

/** Has workers do what the platform's modules do by the clock: `expired-keys` is the job and the schedule `platform.expired-keys`. */
export function scheduleModules(jobs: Jobs, services: Services): void {
  for (const module of modules) {
    const service = Object.hasOwn(services, module.name)
      ? services[module.name as keyof Services]
      : undefined;
    for (const [name, { cron, run, when }] of Object.entries(module.schedules)) {
      const own = service as never;
      if (when?.(own) === false) continue;
      const kind = `platform.${name}`;
      jobs.handle({
        kind,
        attempts: 3,
        run: async () => void (await run(own)),
        giveUp: () => Promise.resolve(),
      });
      jobs.schedule({ name: kind, cron, kind });
    }
  }
}
