/**
 * Whether Podman, too, runs everything that Docker does, which takes its time. By default it runs what proves each thing
 * once.
 */
export const isAllAsked = process.env["POSTSTACK_ENGINES"] === "all";
