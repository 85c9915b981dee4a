#include <simdjson.h>
extern "C" int hydra_simdjson_placeholder(void);
int hydra_simdjson_placeholder(void){simdjson::dom::parser p; return (int)p.max_capacity();}
