// Depth alone, without the cloth beyond its cut.
in vec3 worn;

void main() {
#if KIND == 2
  if (worn.x < 0.0) discard;
#endif
}
