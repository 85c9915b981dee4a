int hydra_simdjson_placeholder(void);
