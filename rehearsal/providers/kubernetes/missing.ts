/** What is not there yet may come: a namespace that something else of the same run makes. */
import type { Clock } from "../../world/kernel/clock.ts";

/** Of what an object needs, in the API server's words. */
export class Missing extends Error {}

/** The first pause in seconds, and how often (pulumi-kubernetes provider/pkg/retry/retry.go and await.go, Creation). */
const FIRST_PAUSE = 1;
const BACKOFF = 2;
const RETRIES = 5;

/** Five times more, with longer and longer pauses; also after the last. Anything but {@link Missing} ends it at once. */
export async function tryWhileMissing<T>(
  clock: Clock,
  attempt: () => T,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let retry = 0, pause = FIRST_PAUSE; ; retry++, pause *= BACKOFF) {
    try {
      return attempt();
    } catch (error) {
      if (!(error instanceof Missing) || signal?.aborted) throw error;
      await clock.sleep(pause);
      if (retry === RETRIES) throw error;
    }
  }
}
