import { type Service, startService } from "../../helpers/service.ts";
import { Api } from "../../helpers/api.ts";
import type { Namespace } from "../namespace.ts";
import { type Door, httpUrl } from "./door.ts";

/** A node of the service in a lab's public part; it can be killed and started again. */
export class LabNode implements AsyncDisposable {
  #service: Service | undefined;

  constructor(
    readonly namespace: Namespace,
    readonly door: Door,
    readonly port: number,
    readonly env: Record<string, string>,
  ) {}

  /** Its address for hosts of the lab. */
  publicUrl(family: 4 | 6 = 4): string {
    return httpUrl(family, this.port);
  }

  /** Its address for the test, and for anyone else on this machine. */
  get url(): string {
    return this.door.to(this.publicUrl());
  }

  /** Its REST API, for the test. */
  get api(): Api {
    return Api.over(this.url);
  }

  /** The process that runs now. */
  get service(): Service {
    if (this.#service !== undefined) return this.#service;
    throw new Error("Cannot use a node of the lab: it does not run; expected start() before");
  }

  /** Starts it, again after its end; waits until it listens. */
  async start(): Promise<void> {
    this.#service = await startService({
      within: this.namespace.within(),
      env: { HOST: "::", PORT: String(this.port), ...this.env },
    });
  }

  /** Ends it by SIGKILL, and waits. */
  async kill(): Promise<void> {
    this.service.kill("SIGKILL");
    await this.service.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#service?.stop();
  }
}
