/**
 * What short codes are made of: easy words that neither sound nor look alike. Any two differ in three letters or more,
 * and within their first four. Their order is part of the protocol.
 *
 * @module
 */
export const WORDS = `
acorn acrobat adventure anchor ankle anvil apricot athlete autumn avocado baker balcony balloon
bamboo banana barrel battery beach bicycle biscuit bison blanket blizzard blossom boulder
bracelet breeze bridge broccoli cabbage cactus canary canoe caramel carnival cashew castle
cavern cheetah chimney clover clown cocoa comet compass cookie cotton crab cradle cricket
crystal cucumber cupboard curtain cushion daisy dentist diamond dolphin domino dozen dragon
drawer drum dune eagle eclipse elephant eleven ember engine envelope fabric feather ferret
festival fiction firefly flute forest galaxy garage gardener garlic gecko geyser giraffe glacier
goblin gorilla granite guitar hammock hamster harbor harvest hedgehog hexagon hinge holiday
igloo insect island ivory jaguar jewel jigsaw jungle ketchup kettle keyboard kidney kingdom
kitchen koala ladder lagoon lantern laundry lavender lemon library lightning llama lobster
magazine mango marble market mattress meteor mirror mitten monkey mosaic mountain museum
mushroom mustard napkin nectar nephew nickel ninja noodle oatmeal ocean octopus olive onion
opera orchid ostrich otter oxygen pajamas papaya parrot passport peacock peanut pebble pencil
penguin piano pickle pilot pirate plumber pocket popcorn postcard prairie princess puffin
pumpkin puzzle pyramid quarter question quilt rabbit raccoon radio rainbow raisin rhythm ribbon
robot rubber saddle sailor salmon sandal sapphire sausage savanna scarf scissors shadow shepherd
shovel silver sixteen snowflake spider spinach spoon spruce squirrel statue student sugar
suitcase sunrise swamp theater thimble thunder tiger tomato tornado tractor trophy trumpet tulip
tundra tunnel turtle umbrella uniform vanilla vase velvet village violin vitamin volcano waffle
wallet walrus weekend whistle window winter wizard wombat wrestler yellow yesterday yogurt zebra
zigzag zipper zodiac zucchini
`.trim().split(/\s/);
