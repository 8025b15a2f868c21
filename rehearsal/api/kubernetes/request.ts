/** A request to the API server, as far as it has been read. */
export interface ApiRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
  /** Content type, without parameters. */
  type: string;
}
