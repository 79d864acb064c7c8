// Planks, walls, mat, pictures and boxes. PASS 0 paints them once a camera, PASS 1 lights them.
in vec3 world, world_normal;
in vec4 sun_point;
flat in float stuff;
out vec4 colour;
uniform vec3 wall_colour, floor_colour, mat_colour;
uniform vec4 contacts[CONTACTS];  // where the body touches the floor, and how far its darkness reaches
uniform sampler2D paint;

// 1 in the last `width` of each unit of x, softened over a pixel (blur, in units of x).
float groove(float x, float width, float blur) {
  float edge = smoothstep(1.0 - width - blur, 1.0 - width + 0.1 * blur, fract(x));
  return edge * min(1.0, 1.5 * width / max(blur, 1e-4));
}

vec3 planks(vec3 p) {
  float plank = floor(p.z * 7.0), along = (p.x + hash(vec3(plank, 1.0, seed)) * 3.0) * 0.7;
  float joint = max(groove(along, 0.015, fwidth(p.x) * 0.7), groove(p.z * 7.0, 0.035, fwidth(p.z) * 7.0));
  float tone = 0.75 + 0.35 * hash(vec3(plank, floor(along), seed));
  float grain = 0.8 + 0.35 * layered(vec3(p.x * 3.0, plank, p.z * 60.0));
  return floor_colour * tone * grain * (1.0 - 0.45 * joint);
}

vec3 wall(vec3 p) {
  if (p.y < 0.10) return vec3(0.62);
  vec3 c = wall_colour * (0.9 + 0.12 * layered(p * 1.3 + seed)) * (0.97 + 0.05 * noise(p * 60.0));
  return p.y < 0.11 ? c * 0.5 : c;
}

vec3 thing(vec3 p, float k) {
  vec3 tint = vec3(hash(vec3(k, seed, 1.0)), hash(vec3(k, seed, 2.0)), hash(vec3(k, seed, 3.0)));
  return mix(vec3(0.30), tint, 0.28) * (0.35 + 0.8 * layered(p * (3.0 + 4.0 * tint.x) + k));
}

vec3 painted() {
  if (stuff < 0.5) return planks(world);
  if (stuff < 1.5) return wall(world);
  if (stuff < 2.5) return mat_colour + 0.02 * noise(world * 200.0);
  return thing(world, stuff - 3.0);
}

void main() {
#if PASS == 0
  colour = vec4(painted(), 1.0);
#else
  vec3 c = texelFetch(paint, ivec2(gl_FragCoord.xy), 0).rgb, n = normalize(world_normal);
  if (world.y < 0.02)
    for (int i = 0; i < CONTACTS; i++) {
      vec3 off = world - contacts[i].xyz;
      c *= 1.0 - 0.55 * exp(-dot(off, off) / (contacts[i].w * contacts[i].w));
    }
  float corner = mix(0.75, 1.0, smoothstep(0.0, 0.5, world.y + (stuff < 0.5 ? 9.0 : 0.0)));
  vec3 direct = sun_colour * max(dot(n, sun), 0.0) * mix(0.12, 1.0, sunlit(sun_point));
  colour = vec4(toned(c * (direct + ambient * (0.7 + 0.3 * abs(n.y)) * corner)), 1.0);
#endif
}
