/**
 * What engines listen with for their containers. It begins before a container that starts is listed as running, and ends
 * after it: whether it is for somebody else's, the start will tell.
 */
export const proxies = /^(?:docker-proxy|dockerd|rootlesskit|rootlessport|conmon|slirp4netns|pasta)/;
