import { PoststackError } from "../../controller/core/errors.ts";
import type { Clock } from "../../controller/core/ports.ts";
import type { ImageConfig, ImageDetails } from "../../controller/core/ports/container-images.ts";

const noConfig: ImageConfig = {
  entrypoint: undefined,
  command: ["sleep", "100000"],
  environment: new Map([["PATH", "/bin"]]),
  labels: new Map(),
  user: undefined,
  workingDirectory: undefined,
  expose: [],
  volumes: [],
  healthcheck: undefined,
  stopSignal: undefined,
};

/** The images of the fake engine. */
export class FakeImages {
  private readonly byId = new Map<string, ImageDetails>();
  private readonly nextId: () => string;
  private readonly clock: Clock;

  constructor(nextId: () => string, clock: Clock) {
    this.nextId = nextId;
    this.clock = clock;
  }

  all(): readonly ImageDetails[] {
    return [...this.byId.values()];
  }

  find(reference: string): ImageDetails | undefined {
    return this.byId.get(reference) ?? this.all().find(({ references }) => references.includes(reference));
  }

  /** Under a name that another image had, too: that one loses it. */
  add(reference: string, config: Partial<ImageConfig>, id = this.nextId()): ImageDetails {
    const image: ImageDetails = {
      id,
      references: [],
      digests: [],
      labels: config.labels ?? new Map(),
      createdAt: this.clock.date(),
      taggedAt: this.clock.date(),
      sizeBytes: 1,
      platform: "linux/amd64",
      config: { ...noConfig, ...config },
    };
    this.byId.set(image.id, image);
    this.name(image.id, reference);
    return this.find(image.id) ?? image;
  }

  /** @throws PoststackError `IMAGE_MISSING` */
  name(id: string, reference: string): void {
    const image = this.find(id);
    if (image === undefined) throw new PoststackError("IMAGE_MISSING", { what: `no such image: ${id}` });
    for (const other of this.all()) {
      const references = other.references.filter((known) => known !== reference);
      this.byId.set(other.id, {
        ...other,
        references: other.id === image.id ? [...references, reference] : references,
      });
    }
  }

  /** @throws PoststackError `ENGINE_OBJECT_IN_USE` */
  remove(id: string, isUsed: (imageId: string) => boolean): void {
    const image = this.find(id);
    if (image === undefined) return;
    const references = image.references.filter((reference) => reference !== id);
    if (references.length > 0 && id !== image.id) {
      this.byId.set(image.id, { ...image, references });
      return;
    }
    if (isUsed(image.id)) throw new PoststackError("ENGINE_OBJECT_IN_USE", { what: `image ${id} is in use` });
    this.byId.delete(image.id);
  }
}
